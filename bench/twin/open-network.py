"""The open network of open-network.ts in SimPy, a process for each job as its documentation teaches.

Use: open-network.py <stations> <servers> <utilization> <leave probability> <jobs> <seed>
Prints one JSON object: visits, CPU seconds, mean sojourn. Mean service is 1 s.
"""

import json
import random
import sys
import time

import simpy


def run(stations, servers, utilization, leave, jobs, seed):
    dice = random.Random(seed)
    env = simpy.Environment()
    resources = [simpy.Resource(env, capacity=servers) for _ in range(stations)]
    rate = stations * servers * utilization * leave
    visits = 0
    sojourn_seconds = 0.0

    def job():
        nonlocal visits, sojourn_seconds
        while True:
            arrival = env.now
            with resources[dice.randrange(stations)].request() as request:
                yield request
                yield env.timeout(dice.expovariate(1.0))
            visits += 1
            sojourn_seconds += env.now - arrival
            if dice.random() < leave:
                return

    def arrivals():
        for _ in range(jobs):
            yield env.timeout(dice.expovariate(rate))
            env.process(job())

    env.process(arrivals())
    env.run()
    return visits, sojourn_seconds / visits


if __name__ == "__main__":
    before = time.process_time()
    visit_count, mean_sojourn = run(
        int(sys.argv[1]),
        int(sys.argv[2]),
        float(sys.argv[3]),
        float(sys.argv[4]),
        int(sys.argv[5]),
        int(sys.argv[6]),
    )
    cpu_seconds = time.process_time() - before
    print(
        json.dumps(
            {
                "visitCount": visit_count,
                "cpuSeconds": cpu_seconds,
                "meanSojournSeconds": mean_sojourn,
                "simpy": simpy.__version__,
            }
        )
    )
