/** A plot begins and ends this far from the edges of its chart, pixels: charts that stand below each other line up. */
export const PLOT_LEFT = 92;
export const PLOT_RIGHT = 14;
