/** The API group of our kinds. */
export const GROUP = "fairlead.dev";
/** The one served version. */
export const VERSION = "v1beta1";
/** `apiVersion` of our kinds. */
export const API_VERSION = `${GROUP}/${VERSION}`;
