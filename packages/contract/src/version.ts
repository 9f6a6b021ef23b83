/** The version of Slipway: that of every package, held to their package.json by a test. */
export const slipwayVersion = "0.1.0";
