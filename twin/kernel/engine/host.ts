/** Ends the run with an error; see `engine.ts` for what the codes say. Never returns. */
export declare function fail(code: i32, value: f64): void;
