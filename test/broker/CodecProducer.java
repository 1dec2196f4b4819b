import java.util.Base64;
import java.util.Properties;
import java.util.Scanner;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends what the Java client makes of it: lines of "topic codec partition base64" on stdin, all of one codec in one batch. */
public final class CodecProducer {
  public static void main(String[] args) throws Exception {
    try (Scanner lines = new Scanner(System.in)) {
      String codec = null;
      KafkaProducer<byte[], byte[]> producer = null;
      while (lines.hasNextLine()) {
        String[] words = lines.nextLine().split(" ", -1);
        if (!words[1].equals(codec)) {
          if (producer != null) producer.close();
          codec = words[1];
          producer = producerOf(args[0], codec);
        }
        byte[] body = Base64.getDecoder().decode(words[3]);
        producer.send(new ProducerRecord<>(words[0], Integer.valueOf(words[2]), null, body));
      }
      if (producer != null) producer.close();
    }
  }

  private static KafkaProducer<byte[], byte[]> producerOf(String brokers, String codec) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("compression.type", codec);
    settings.put("linger.ms", "200");
    settings.put("batch.size", "1000000");
    settings.put("acks", "1");
    settings.put("enable.idempotence", "false");
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
