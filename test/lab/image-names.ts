/** What holds a pod's namespaces. */
export const PAUSE_IMAGE = "fairlead.dev/lab-pause:latest";

/** Serves the pod's name and the client's address over HTTP and UDP on port 8080; has a shell. */
export const WEB_IMAGE = "fairlead.dev/lab-web:latest";
