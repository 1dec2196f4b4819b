/** Rows kept by every store, the latest: what people say and what is deployed comes seldom. */
export const FEEDBACK_MAX = 10_000;
export const DEPLOYMENTS_MAX = 1000;
