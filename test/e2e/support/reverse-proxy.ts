import { WEB_IMAGE } from "../../lab/image-names.ts";
import { type Manifest, TEST_LABEL } from "./objects.ts";

/** Where the pages of a host name come from. */
export interface Route {
  readonly host: string;
  /** An address and a port inside the cluster. */
  readonly backend: string;
}

/** The header of its answers that says whom the proxy saw. */
export const SEEN_CLIENT = "x-seen-client";

const PORT = 8080;
const ROOT = "/tmp/www";

/** A Deployment of one pod that does what an ingress controller does: it gets each page from the backend of its host name. */
export function reverseProxy(name: string, routes: readonly Route[]): Manifest {
  const labels = { app: name, [TEST_LABEL]: "true" };
  const start = `mkdir -p ${ROOT}/cgi-bin && printf '%s' "$PROGRAM" > ${ROOT}/cgi-bin/index.cgi && chmod +x ${ROOT}/cgi-bin/index.cgi`;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default", labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: "proxy",
              image: WEB_IMAGE,
              imagePullPolicy: "IfNotPresent",
              command: ["/bin/sh", "-c", `${start} && exec httpd -f -p ${PORT} -h ${ROOT}`],
              resources: { requests: { cpu: "50m" } },
              env: [{ name: "PROGRAM", value: program(routes) }],
              readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}

/** The CGI program behind "/". */
function program(routes: readonly Route[]): string {
  const cases = routes.map(({ host, backend }) => `  ${host}) backend=${backend} ;;`);
  return [
    "#!/bin/sh",
    `case "\${HTTP_HOST%:*}" in`,
    ...cases,
    "  *) printf 'Status: 404 Not Found\\r\\n\\r\\n'; exit ;;",
    "esac",
    "page=$(timeout 2 wget -q -O - \"http://$backend/\") || { printf 'Status: 502 Bad Gateway\\r\\n\\r\\n'; exit; }",
    `printf 'Status: 200 OK\\r\\n${SEEN_CLIENT}: %s\\r\\n\\r\\n%s\\n' "$REMOTE_ADDR" "$page"`,
    "",
  ].join("\n");
}
