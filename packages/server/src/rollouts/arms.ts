/** The candidate's arm; the target's is `champion`. */
export const challenger = "challenger";
/** With `control: equal`: the target's version again, as large as the challenger, to be compared with. */
export const control = "control";
/** The control's first bucket: the challenger grows from 0 and never reaches it while there is a control. */
export const controlFrom = 5000;
