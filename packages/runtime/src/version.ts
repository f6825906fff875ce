/** The version of Fairlead; equal to that of package.json and of the image's tag. */
export const VERSION = "0.1.0";
