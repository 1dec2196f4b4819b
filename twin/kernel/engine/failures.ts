// Why a run can fail; `engine.ts` has the words.

/** An event at a time that is not after now, or not a time: the value is that time. */
export const NOT_A_TIME: i32 = 0;
/** No memory is left: the value is how many bytes were asked for. */
export const OUT_OF_MEMORY: i32 = 1;
