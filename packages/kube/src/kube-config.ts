import { KubeConfig } from "@kubernetes/client-node";

/**
 * How to reach the API server: from the file that KUBECONFIG names or `~/.kube/config`, else from the service account of
 * the Pod.
 */
export function loadKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  return config;
}
