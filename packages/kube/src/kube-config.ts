import { KubeConfig } from "@kubernetes/client-node";

/** Which cluster is meant. */
export interface KubeConfigChoice {
  /** The kubeconfig; undefined: see {@link loadKubeConfig}. */
  readonly file?: string | undefined;
  /** One of its contexts. @default the current one */
  readonly context?: string | undefined;
}

/**
 * How to reach the API server: from the file that is named, else from the file that KUBECONFIG names or `~/.kube/config`,
 * else from the service account of the Pod.
 *
 * @throws ContextNotFound if the kubeconfig has no context of this name
 */
export function loadKubeConfig({ file, context }: KubeConfigChoice = {}): KubeConfig {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    throw new ContextNotFound(
      context,
      config.getContexts().map(({ name }) => name),
    );
  }
  config.setCurrentContext(context);
  return config;
}

/** The kubeconfig does not have the context that was asked for. */
export class ContextNotFound extends Error {
  override readonly name = "ContextNotFound";

  constructor(context: string, known: readonly string[]) {
    const cure = known.length === 0 ? "it has none" : `write one of ${known.join(", ")}`;
    super(`the kubeconfig has no context ${JSON.stringify(context)}; ${cure}`);
  }
}
