// The simulator's algorithm in C++, as the mark of what the machine can do: the same counter-based streams, the same
// choices and samples, the same calendar with the same rule for ties, the same rows of finished visits. It knows as
// much as the open network needs (FIFO stations of one replica, asynchronous calls); what it does, it does the same way,
// and the checksum over its rows shows it.
//
// Use: reference <model file> <seed> <runs>. Prints one JSON object a run.
// The model file is what open-network-file.ts writes.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int32_t none = -1;
constexpr double perWord = 1.0 / 4294967296.0;

// ---- Random streams: twin/kernel/random.ts ----

uint32_t mix(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x21f0aaadu;
  x = (x ^ (x >> 15)) * 0x735a2d97u;
  return x ^ (x >> 15);
}

uint32_t hashNumber(int64_t value, uint32_t salt) {
  const auto high = static_cast<uint32_t>(static_cast<int64_t>(std::floor(static_cast<double>(value) / 4294967296.0)));
  return mix(mix(static_cast<uint32_t>(value) ^ salt) + high);
}

uint32_t hashText(const std::string& text, uint32_t salt) {
  uint32_t hash = salt;
  for (const char letter : text) hash = mix(hash * 31u + static_cast<unsigned char>(letter) + 1u);
  return hash;
}

/** A stream has its next word ready, so that who draws need not wait for the mixing. */
struct Stream {
  uint32_t first = 0;
  uint32_t second = 0;
  uint32_t mixed = 0;
  uint32_t next = 0;

  Stream() = default;
  Stream(int64_t seed, int64_t entity, const std::string& purpose) {
    const uint32_t entityWord = hashNumber(entity, 0x13198a2eu);
    const uint32_t base = mix(hashNumber(seed, 0x243f6a88u) + entityWord * 0x85ebca6bu);
    first = hashText(purpose, base);
    second = hashText(purpose, mix(base ^ mix(entityWord ^ 0x2545f491u)));
    word();
  }
  uint32_t word() {
    const uint32_t word = next;
    next = mix(mix(first + mixed++ * 0x9e3779b9u) + second);
    return word;
  }
  double uniform() { return (word() + 0.5) * perWord; }
  int32_t index(int32_t n) { return static_cast<int32_t>(static_cast<double>(word()) * n * perWord); }
};

// ---- The model: columns of a compiled network, and the arrivals ----

struct Model {
  std::vector<int32_t> serverCount, operationStation, programFirst, guide, programRows, programBlockLength,
      programSampleFirst, groupFirst, callFirst, callEdge, edgeCallee, edgeGapFirst, edgeGapCount, arrivalOperation;
  std::vector<double> cumulative, samples, gaps, arrivalSeconds;
};

template <typename Value>
void readColumn(std::FILE* file, std::vector<Value>& column) {
  double length = 0;
  if (std::fread(&length, sizeof length, 1, file) != 1) std::exit(2);
  column.resize(static_cast<size_t>(length));
  if (std::fread(column.data(), sizeof(Value), column.size(), file) != column.size()) std::exit(2);
}

Model readModel(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) {
    std::fprintf(stderr, "cannot read %s\n", path);
    std::exit(2);
  }
  Model model;
  for (auto* column : {&model.serverCount, &model.operationStation, &model.programFirst, &model.guide,
                       &model.programRows, &model.programBlockLength, &model.programSampleFirst, &model.groupFirst,
                       &model.callFirst, &model.callEdge, &model.edgeCallee, &model.edgeGapFirst, &model.edgeGapCount,
                       &model.arrivalOperation}) {
    readColumn(file, *column);
  }
  for (auto* column : {&model.cumulative, &model.samples, &model.gaps, &model.arrivalSeconds}) readColumn(file, *column);
  std::fclose(file);
  return model;
}

// ---- Events to come: twin/kernel/event-heap.ts and event-calendar.ts ----

class EventHeap {
 public:
  size_t size() const { return entries.size() - (hasHole ? 1 : 0); }

  double nextSeconds() {
    if (hasHole) closeHole();
    return entries.empty() ? infinity : entries[0].seconds;
  }

  void add(double seconds, int32_t event) {
    const Entry entry{seconds, turn++, event};
    if (hasHole) {
      hasHole = false;
      sink(entry);
      return;
    }
    size_t at = entries.size();
    entries.push_back(entry);
    while (at > 0) {
      const size_t parent = (at - 1) >> 2;
      if (entries[parent].seconds <= seconds) break;
      entries[at] = entries[parent];
      at = parent;
    }
    entries[at] = entry;
  }

  int32_t take() {
    if (hasHole) closeHole();
    hasHole = true;
    return entries[0].event;
  }

 private:
  struct Entry {
    double seconds;
    uint64_t turn;
    int32_t event;
    bool before(const Entry& other) const {
      return seconds < other.seconds || (seconds == other.seconds && turn < other.turn);
    }
  };

  void closeHole() {
    hasHole = false;
    const Entry last = entries.back();
    entries.pop_back();
    if (!entries.empty()) sink(last);
  }

  void sink(const Entry& entry) {
    const size_t filled = entries.size();
    size_t at = 0;
    for (;;) {
      const size_t first = (at << 2) + 1;
      if (first >= filled) break;
      const size_t end = first + 4 < filled ? first + 4 : filled;
      size_t least = first;
      for (size_t child = first + 1; child < end; child++) {
        if (entries[child].before(entries[least])) least = child;
      }
      if (!entries[least].before(entry)) break;
      entries[at] = entries[least];
      at = least;
    }
    entries[at] = entry;
  }

  std::vector<Entry> entries;
  uint64_t turn = 0;
  bool hasHole = false;
};

class EventCalendar {
 public:
  double now() const { return nowSeconds; }
  double nextSeconds() { return inDays > 0 ? entries[firstEntry()].seconds : heap.nextSeconds(); }
  void advanceTo(double seconds) { nowSeconds = seconds; }

  void schedule(double seconds, int32_t event) {
    const double day = (seconds - firstSeconds) * daysPerSecond;
    if (day < endDay) addToDay(static_cast<int32_t>(day), seconds, event);
    else heap.add(seconds, event);
  }

  int32_t take() { return takeBefore(infinity); }

  int32_t takeBefore(double limitSeconds) {
    if (--takesLeft == 0) followPace();
    if (inDays == 0) return takeFromHeap(limitSeconds);
    const int32_t entry = firstEntry();
    if (entries[entry].seconds >= limitSeconds) return none;
    const int32_t event = entries[entry].event;
    nowSeconds = entries[entry].seconds;
    removeFirst(entry);
    const int32_t wanted = nextDay + mask + 1;
    if (wanted != endDay) moveEnd(wanted);
    return event;
  }

 private:
  static constexpr int32_t noDay = -1;
  static constexpr double daysFrom = 32;
  static constexpr int32_t daysPerEvent = 4, maxDays = 1 << 16, lastDay = 1 << 29, minTakes = 1024, maxTakes = 8192;

  struct Entry {
    double seconds;
    int32_t event;
    int32_t next;
  };

  int32_t firstEntry() {
    int32_t day = nextDay;
    int32_t entry = dayHead[day & mask];
    while (entry == none) entry = dayHead[++day & mask];
    nextDay = day;
    return entry;
  }

  void removeFirst(int32_t entry) {
    dayHead[nextDay & mask] = entries[entry].next;
    entries[entry].next = free;
    free = entry;
    inDays--;
  }

  void addToDay(int32_t day, double seconds, int32_t event) {
    if (day < nextDay) nextDay = day;
    if (free == none) grow();
    const int32_t entry = free;
    free = entries[entry].next;
    entries[entry].seconds = seconds;
    entries[entry].event = event;
    inDays++;
    int32_t* link = &dayHead[day & mask];
    while (*link != none && entries[*link].seconds <= seconds) link = &entries[*link].next;
    entries[entry].next = *link;
    *link = entry;
  }

  int32_t takeFromHeap(double limitSeconds) {
    if (heap.nextSeconds() >= limitSeconds) return none;
    nowSeconds = heap.nextSeconds();
    const int32_t event = heap.take();
    if (endDay != noDay) beginYear(nowSeconds);
    return event;
  }

  void beginYear(double seconds) {
    firstSeconds = seconds;
    nextDay = 0;
    moveEnd(mask + 1);
  }

  void moveEnd(int32_t end) {
    endDay = end;
    while (heap.size() > 0) {
      const double seconds = heap.nextSeconds();
      const double day = (seconds - firstSeconds) * daysPerSecond;
      if (!(day < end)) return;
      addToDay(static_cast<int32_t>(day), seconds, heap.take());
    }
  }

  void followPace() {
    const auto size = static_cast<int32_t>(inDays + heap.size());
    const double meanGapSeconds = (nowSeconds - sinceSeconds) / takes;
    sinceSeconds = nowSeconds;
    takes = size < minTakes ? minTakes : size > maxTakes ? maxTakes : size;
    takesLeft = takes;
    const bool isWanted = size >= (endDay == noDay ? daysFrom : daysFrom / 3);
    const double pace = 1 / meanGapSeconds;
    if (isWanted && pace > 0 && pace < infinity) {
      if (!fits(pace, size)) rebuild(pace, size);
    } else if (!isWanted && endDay != noDay) {
      clearDays();
    }
  }

  bool fits(double pace, int32_t size) const {
    const double change = pace / daysPerSecond;
    const int32_t wanted = size * daysPerEvent < maxDays ? size * daysPerEvent : maxDays;
    const int32_t days = mask + 1;
    return change > 0.5 && change < 2 && days >= wanted && days < wanted * 4 && endDay < lastDay;
  }

  void rebuild(double pace, int32_t size) {
    clearDays();
    int32_t days = 1;
    while (days < size * daysPerEvent && days < maxDays) days *= 2;
    dayHead.assign(static_cast<size_t>(days), none);
    mask = days - 1;
    daysPerSecond = pace;
    beginYear(nowSeconds);
  }

  void clearDays() {
    endDay = noDay;
    firstSeconds = -infinity;
    while (inDays > 0) {
      const int32_t entry = firstEntry();
      heap.add(entries[entry].seconds, entries[entry].event);
      removeFirst(entry);
    }
  }

  void grow() {
    const size_t used = entries.size();
    const size_t capacity = used == 0 ? 256 : used * 2;
    entries.resize(capacity);
    for (size_t entry = used; entry < capacity; entry++) {
      entries[entry].next = entry + 1 < capacity ? static_cast<int32_t>(entry + 1) : none;
    }
    free = static_cast<int32_t>(used);
  }

  EventHeap heap;
  std::vector<Entry> entries;
  std::vector<int32_t> dayHead;
  double nowSeconds = -infinity, firstSeconds = -infinity, daysPerSecond = 1, sinceSeconds = -infinity;
  int32_t inDays = 0, mask = 0, endDay = noDay, nextDay = 0, free = none, takesLeft = minTakes, takes = minTakes;
};

/** Events of this very instant need not go through the calendar: twin/kernel/agenda.ts and instant-queue.ts. */
class Agenda {
 public:
  double now() const { return calendar.now(); }
  void advanceTo(double seconds) { calendar.advanceTo(seconds); }

  void schedule(double seconds, int32_t event) {
    if (seconds != calendar.now()) {
      calendar.schedule(seconds, event);
      return;
    }
    if (size == ring.size()) grow();
    ring[(head + size++) & (ring.size() - 1)] = event;
  }

  /** The next event before the limit, or none. */
  int32_t takeBefore(double limitSeconds) {
    if (size > 0) {
      if (calendar.now() >= limitSeconds) return none;
      if (calendar.nextSeconds() > calendar.now()) {
        const int32_t event = ring[head];
        head = (head + 1) & (ring.size() - 1);
        size--;
        return event;
      }
      return calendar.take();
    }
    return calendar.takeBefore(limitSeconds);
  }

 private:
  void grow() {
    std::vector<int32_t> grown(ring.size() * 2);
    for (size_t i = 0; i < size; i++) grown[i] = ring[(head + i) & (ring.size() - 1)];
    ring.swap(grown);
    head = 0;
  }

  EventCalendar calendar;
  std::vector<int32_t> ring = std::vector<int32_t>(256);
  size_t head = 0, size = 0;
};

// ---- Finished visits: twin/kernel/visit-log.ts ----

/** Rows are written to pages; columns are made of them at the end. */
struct VisitLog {
  static constexpr size_t pageRows = 4096;

  struct Row {
    double arrival, waiting, departure;
    uint32_t operation, programAndFlags, replica, root;
  };

  std::vector<std::vector<Row>> pages;
  std::vector<uint32_t> operation, root;
  std::vector<uint16_t> program, replica;
  std::vector<uint8_t> isFailed, isRoot;
  std::vector<double> arrivalSeconds, waitingSeconds, sojournSeconds;
  size_t count = 0;

  void add(const Row& row) {
    if (count % pageRows == 0) {
      pages.emplace_back();
      pages.back().reserve(pageRows);
    }
    pages.back().push_back(row);
    count++;
  }

  void finish() {
    operation.resize(count), root.resize(count), program.resize(count), replica.resize(count);
    isFailed.resize(count), isRoot.resize(count);
    arrivalSeconds.resize(count), waitingSeconds.resize(count), sojournSeconds.resize(count);
    size_t firstOfTie = 0;
    double lastDeparture = -infinity;
    size_t at = 0;
    for (const auto& page : pages) {
      for (const Row& row : page) {
        if (row.departure != lastDeparture) firstOfTie = at;
        lastDeparture = row.departure;
        put(at, row);
        for (size_t i = at; i > firstOfTie && arrivalSeconds[i - 1] > arrivalSeconds[i]; i--) swap(i - 1, i);
        at++;
      }
    }
  }

 private:
  void put(size_t at, const Row& row) {
    operation[at] = row.operation;
    program[at] = static_cast<uint16_t>(row.programAndFlags);
    isRoot[at] = (row.programAndFlags >> 16) & 1;
    isFailed[at] = (row.programAndFlags >> 17) & 1;
    replica[at] = static_cast<uint16_t>(row.replica);
    root[at] = row.root;
    arrivalSeconds[at] = row.arrival;
    waitingSeconds[at] = row.waiting;
    sojournSeconds[at] = row.departure - row.arrival;
  }

  void swap(size_t one, size_t other) {
    std::swap(operation[one], operation[other]), std::swap(root[one], root[other]);
    std::swap(program[one], program[other]), std::swap(replica[one], replica[other]);
    std::swap(isFailed[one], isFailed[other]), std::swap(isRoot[one], isRoot[other]);
    std::swap(arrivalSeconds[one], arrivalSeconds[other]), std::swap(waitingSeconds[one], waitingSeconds[other]);
    std::swap(sojournSeconds[one], sojournSeconds[other]);
  }
};

// ---- The simulation: twin/kernel/simulation.ts ----

struct Visit {
  int32_t operation, program, sample, segment, next;
  uint32_t root;
  uint8_t depth;
  double arrivalSeconds, waitingSeconds, beganSeconds;
};

struct Rows {
  Stream stream;
  int32_t row = 0, leftOfBlock = 0, blockLength = 0, rowCount = 0, segmentCount = 0, sampleFirst = 0;
};

struct Queue {
  int32_t freeServers, head = none, tail = none;
};

class Simulation {
 public:
  Simulation(const Model& model, int64_t seed)
      : model(model), busySeconds(model.serverCount.size()), edgeAttempts(model.edgeCallee.size()) {
    for (const int32_t servers : model.serverCount) queues.push_back({servers});
    const size_t operationCount = model.operationStation.size();
    for (size_t operation = 0; operation < operationCount; operation++) {
      programStreams.emplace_back(seed, operation, "program");
      const int32_t first = model.programFirst[operation];
      for (int32_t program = first; program < model.programFirst[operation + 1]; program++) {
        Rows rows;
        rows.stream = Stream(seed, operation, "rows " + std::to_string(program - first));
        rows.blockLength = model.programBlockLength[program];
        rows.rowCount = model.programRows[program];
        rows.segmentCount = model.groupFirst[program + 1] - model.groupFirst[program] + 1;
        rows.sampleFirst = model.programSampleFirst[program];
        programRows.push_back(rows);
      }
    }
    for (size_t edge = 0; edge < model.edgeCallee.size(); edge++) gapStreams.emplace_back(seed, edge, "gap");
  }

  void run() {
    const size_t arrivalCount = model.arrivalSeconds.size();
    size_t arrival = 0;
    for (;;) {
      const double arrivalSeconds = arrival < arrivalCount ? model.arrivalSeconds[arrival] : infinity;
      for (int32_t event; (event = agenda.takeBefore(arrivalSeconds)) != none;) {
        if ((event & 3) == arriveEvent) arrive(event >> 2, agenda.now());
        else endSegment(event >> 2, agenda.now());
      }
      if (arrivalSeconds == infinity) break;
      agenda.advanceTo(arrivalSeconds);
      arrive(open(model.arrivalOperation[arrival], static_cast<uint32_t>(arrival), 0), arrivalSeconds);
      arrival++;
    }
    log.finish();
  }

  const VisitLog& rows() const { return log; }

 private:
  static constexpr int32_t arriveEvent = 0, endSegmentEvent = 1;

  int32_t open(int32_t operation, uint32_t root, uint8_t depth) {
    int32_t slot = freeSlot;
    if (slot != none) {
      freeSlot = visits[slot].next;
    } else {
      slot = static_cast<int32_t>(visits.size());
      visits.emplace_back();
    }
    Visit& visit = visits[slot];
    visit.operation = operation;
    visit.root = root;
    visit.depth = depth;
    visit.waitingSeconds = 0;
    return slot;
  }

  void arrive(int32_t slot, double now) {
    Visit& visit = visits[slot];
    visit.program = program(visit.operation);
    visit.sample = firstSample(programRows[visit.program]);
    visit.arrivalSeconds = now;
    Queue& queue = queues[model.operationStation[visit.operation]];
    if (queue.freeServers == 0) {
      visit.next = none;
      if (queue.tail == none) queue.head = slot;
      else visits[queue.tail].next = slot;
      queue.tail = slot;
      return;
    }
    queue.freeServers--;
    visit.beganSeconds = now;
    beginSegment(slot, 0, now);
  }

  int32_t program(int32_t operation) {
    const int32_t first = model.programFirst[operation];
    const int32_t end = model.programFirst[operation + 1];
    if (end - first == 1) return first;
    const double uniform = programStreams[operation].uniform();
    int32_t at = model.guide[first + static_cast<int32_t>(uniform * (end - first))];
    while (at + 1 < end && model.cumulative[at] <= uniform) at++;
    return at;
  }

  static int32_t firstSample(Rows& rows) {
    if (rows.leftOfBlock == 0) {
      rows.row = rows.stream.index(rows.rowCount);
      rows.leftOfBlock = rows.blockLength - 1;
    } else {
      rows.row = rows.row + 1 == rows.rowCount ? 0 : rows.row + 1;
      rows.leftOfBlock--;
    }
    return rows.sampleFirst + rows.row * rows.segmentCount;
  }

  void beginSegment(int32_t slot, int32_t segment, double now) {
    Visit& visit = visits[slot];
    visit.segment = segment;
    const double workSeconds = model.samples[visit.sample + segment];
    agenda.schedule(now + workSeconds, (slot << 2) | endSegmentEvent);
  }

  void endSegment(int32_t slot, double now) {
    const int32_t program = visits[slot].program;
    const int32_t groupEnd = model.groupFirst[program + 1];
    for (;;) {
      const int32_t segment = visits[slot].segment;
      const int32_t group = model.groupFirst[program] + segment;
      if (group == groupEnd) {
        depart(slot, now);
        return;
      }
      const int32_t end = model.callFirst[group + 1];
      for (int32_t call = model.callFirst[group]; call < end; call++) this->call(slot, model.callEdge[call], now);
      // A server of one's own goes through a segment without work at once.
      if (model.samples[visits[slot].sample + segment + 1] != 0) {
        beginSegment(slot, segment + 1, now);
        return;
      }
      visits[slot].segment = segment + 1;
    }
  }

  void call(int32_t caller, int32_t edge, double now) {
    edgeAttempts[edge]++;
    const int32_t count = model.edgeGapCount[edge];
    const double gap = model.gaps[model.edgeGapFirst[edge] + (count == 1 ? 0 : gapStreams[edge].index(count))];
    const int32_t slot = open(model.edgeCallee[edge], visits[caller].root, visits[caller].depth + 1);
    agenda.schedule(now + gap, (slot << 2) | arriveEvent);
  }

  void depart(int32_t slot, double now) {
    Visit& visit = visits[slot];
    const int32_t station = model.operationStation[visit.operation];
    const auto variant = static_cast<uint32_t>(visit.program - model.programFirst[visit.operation]);
    log.add({visit.arrivalSeconds, visit.waitingSeconds, now, static_cast<uint32_t>(visit.operation),
             variant | (visit.depth == 0 ? 1u << 16 : 0u), 0, visit.root});
    busySeconds[station] += now - visit.beganSeconds;
    visit.next = freeSlot;
    freeSlot = slot;
    Queue& queue = queues[station];
    const int32_t waiting = queue.head;
    if (waiting == none) {
      queue.freeServers++;
      return;
    }
    queue.head = visits[waiting].next;
    if (queue.head == none) queue.tail = none;
    visits[waiting].waitingSeconds = now - visits[waiting].arrivalSeconds;
    visits[waiting].beganSeconds = now;
    beginSegment(waiting, 0, now);
  }

  const Model& model;
  Agenda agenda;
  VisitLog log;
  std::vector<double> busySeconds, edgeAttempts;
  std::vector<Queue> queues;
  std::vector<Visit> visits;
  int32_t freeSlot = none;
  std::vector<Stream> programStreams, gapStreams;
  std::vector<Rows> programRows;
};

/** Over the bits of all sojourn times in order of departure; checksum.ts does the same. */
uint32_t checksum(const VisitLog& log) {
  uint32_t sum = 0;
  for (size_t row = 0; row < log.count; row++) {
    uint64_t bits;
    static_assert(sizeof bits == sizeof(double));
    __builtin_memcpy(&bits, &log.sojournSeconds[row], sizeof bits);
    sum = mix(sum ^ static_cast<uint32_t>(bits));
    sum = mix(sum ^ static_cast<uint32_t>(bits >> 32));
  }
  return sum;
}

double cpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "use: reference <model file> <seed> <runs>\n");
    return 2;
  }
  const Model model = readModel(argv[1]);
  for (int run = 0; run < std::atoi(argv[3]); run++) {
    const double before = cpuSeconds();
    Simulation simulation(model, std::atoll(argv[2]));
    simulation.run();
    const double seconds = cpuSeconds() - before;
    std::printf("{\"visitCount\":%zu,\"cpuSeconds\":%.6f,\"checksum\":%u}\n", simulation.rows().count, seconds,
                checksum(simulation.rows()));
  }
  return 0;
}
