// Stands for a program that uses the launcher: starts a testbed, prints its process ids, then does nothing.
import { launchTestbed } from "../../datasets/testbed/launch.ts";

const testbed = await launchTestbed({ otlp: process.argv[2]!, otlpProtocol: "http/json", statsSeconds: 0 });
process.stdout.write(`${JSON.stringify(testbed.processes.map(({ pid }) => pid))}\n`);
