/** Name under which the broker's address is spread. */
export const BROKER_NAME = "broker";
