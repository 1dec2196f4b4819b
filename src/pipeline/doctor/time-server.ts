import { createSocket } from "node:dgram";
import { once } from "node:events";

const NTP_PORT = 123;
const PACKET_BYTES = 48;
/** Version 4, mode 3 (client). */
const CLIENT_REQUEST = 0x23;
const SERVER_MODE = 4;
/** Seconds between 1900, where NTP begins, and 1970. */
const EPOCH_OFFSET_SECONDS = 2_208_988_800;
const ANSWER_WITHIN_MILLISECONDS = 3000;

/**
 * How far this machine's clock is behind a time server's, seconds, to within half the round trip. Source: RFC 5905,
 * section 8: half the sum of the differences on the way there and back.
 *
 * @param server `host` or `host:port`
 * @throws {Error} when it does not answer, or with no time of its own.
 */
export async function clockOffsetSeconds(server: string): Promise<{ offsetSeconds: number; roundTripSeconds: number }> {
  const [host = server, port] = server.split(":");
  const socket = createSocket("udp4");
  const request = Buffer.alloc(PACKET_BYTES);
  request[0] = CLIENT_REQUEST;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS);
    const answer = once(socket, "message", { signal }) as Promise<[Buffer]>;
    const sentSeconds = Date.now() / 1000;
    writeTimestamp(request, 40, sentSeconds);
    socket.send(request, port === undefined ? NTP_PORT : Number(port), host);
    const [packet] = await answer;
    const receivedSeconds = Date.now() / 1000;
    const { arrivedSeconds, leftSeconds } = readAnswer(packet, request);
    const offsetSeconds = (arrivedSeconds - sentSeconds + (leftSeconds - receivedSeconds)) / 2;
    const roundTripSeconds = receivedSeconds - sentSeconds - (leftSeconds - arrivedSeconds);
    return { offsetSeconds, roundTripSeconds };
  } catch (error) {
    const isSilent = error instanceof Error && error.name === "AbortError";
    throw isSilent ? new Error(`${server} does not answer within ${ANSWER_WITHIN_MILLISECONDS / 1000} s`) : error;
  } finally {
    socket.close();
  }
}

function readAnswer(packet: Buffer, request: Buffer): { arrivedSeconds: number; leftSeconds: number } {
  const isAnswer = packet.length >= PACKET_BYTES && (packet[0]! & 7) === SERVER_MODE;
  // The server returns our own time: so this answers what we asked, and not what somebody else says.
  if (!isAnswer || !packet.subarray(24, 32).equals(request.subarray(40, 48)))
    throw new Error("the answer is no NTP answer");
  const stratum = packet[1]!;
  if (stratum === 0 || stratum >= 16) throw new Error(`the server has no time of its own (stratum ${stratum})`);
  return { arrivedSeconds: readTimestamp(packet, 32), leftSeconds: readTimestamp(packet, 40) };
}

function writeTimestamp(packet: Buffer, at: number, unixSeconds: number): void {
  const seconds = unixSeconds + EPOCH_OFFSET_SECONDS;
  packet.writeUInt32BE(Math.floor(seconds) % 2 ** 32, at);
  packet.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4);
}

function readTimestamp(packet: Buffer, at: number): number {
  return packet.readUInt32BE(at) - EPOCH_OFFSET_SECONDS + packet.readUInt32BE(at + 4) / 2 ** 32;
}
