import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { API_SERVICE_ADDRESS, CONTROL_PLANE, type Member } from "./plan.ts";

/** Who a certificate is for. */
export interface Identity {
  /** File name without ending. */
  readonly file: string;
  readonly commonName: string;
  /** Kubernetes groups. */
  readonly organization?: string;
  /** `DNS:...` and `IP:...`; a certificate with these may serve TLS too. */
  readonly alternativeNames?: readonly string[];
}

const DAYS = "30";

/** The members of the control plane and those who administer. */
export function clusterIdentities(controlPlane: Member): readonly Identity[] {
  return [
    {
      file: "apiserver",
      commonName: "kube-apiserver",
      alternativeNames: [
        "DNS:kubernetes",
        "DNS:kubernetes.default",
        "DNS:kubernetes.default.svc",
        "DNS:kubernetes.default.svc.cluster.local",
        "DNS:localhost",
        `DNS:${CONTROL_PLANE}`,
        "IP:127.0.0.1",
        `IP:${API_SERVICE_ADDRESS}`,
        ...addressNames(controlPlane),
      ],
    },
    {
      file: "apiserver-kubelet-client",
      commonName: "kube-apiserver-kubelet-client",
      organization: "system:masters",
    },
    { file: "admin", commonName: "kubernetes-admin", organization: "system:masters" },
    { file: "controller-manager", commonName: "system:kube-controller-manager" },
    { file: "scheduler", commonName: "system:kube-scheduler" },
    { file: "kube-proxy", commonName: "system:kube-proxy" },
  ];
}

/** A node's kubelet, as client of the API server and as server for it. */
export function nodeIdentity(node: Member): Identity {
  return {
    file: node.name,
    commonName: `system:node:${node.name}`,
    organization: "system:nodes",
    alternativeNames: [`DNS:${node.name}`, ...addressNames(node)],
  };
}

function addressNames(member: Member): string[] {
  return member.cables.flatMap(({ ipv4, ipv6 }) => [`IP:${ipv4}`, `IP:${ipv6}`]);
}

/** The arguments of `openssl` that make the key and certificate of `identity`, signed by the CA in the same folder. */
export function certificateArguments(folder: string, identity: Identity): readonly string[] {
  const organization = identity.organization === undefined ? "" : `/O=${identity.organization}`;
  const names = identity.alternativeNames;
  const usage = names === undefined ? "clientAuth" : "clientAuth,serverAuth";
  return [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", DAYS],
    ...["-CA", join(folder, "ca.crt"), "-CAkey", join(folder, "ca.key")],
    ...["-subj", `${organization}/CN=${identity.commonName}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature"],
    ...["-addext", `extendedKeyUsage=${usage}`],
    ...(names === undefined ? [] : ["-addext", `subjectAltName=${names.join(",")}`]),
    ...["-keyout", join(folder, `${identity.file}.key`), "-out", join(folder, `${identity.file}.crt`)],
  ];
}

/** The openssl configuration: no defaults, so that each extension is the one asked for. */
const CONFIGURATION = "[req]\ndistinguished_name=name\n[name]\n";

function authorityArguments(folder: string, file: string): readonly string[] {
  return [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", DAYS],
    ...["-subj", `/CN=fairlead-lab-${file}`, "-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,digitalSignature"],
    ...["-addext", "subjectKeyIdentifier=hash"],
    ...["-keyout", join(folder, `${file}.key`), "-out", join(folder, `${file}.crt`)],
  ];
}

/** Makes the CA, the one of the API server's extensions, and the key that signs service account tokens. */
export async function makeAuthority(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "openssl.cnf"), CONFIGURATION);
  await Promise.all(
    ["ca", "front-proxy-ca"].map((file) => openssl(folder, authorityArguments(folder, file))),
  );
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // Kubernetes reads the public half out of a private key only in this older form.
  writeFileSync(join(folder, "service-accounts.key"), privateKey.export({ type: "sec1", format: "pem" }), {
    mode: 0o600,
  });
}

/** Makes keys and certificates, all at once. */
export async function issue(folder: string, identities: readonly Identity[]): Promise<void> {
  await Promise.all(identities.map((identity) => openssl(folder, certificateArguments(folder, identity))));
}

async function openssl(folder: string, argv: readonly string[]): Promise<void> {
  await run(["openssl", ...argv], {
    environment: { ...process.env, OPENSSL_CONF: join(folder, "openssl.cnf") },
  });
}

/** A kubeconfig with everything in it, for the holder of `file`'s certificate. */
export function kubeconfig(folder: string, file: string, server: string, user: string): string {
  const base64 = (name: string): string => readFileSync(join(folder, name)).toString("base64");
  const cluster = { server, "certificate-authority-data": base64("ca.crt") };
  const credentials = {
    "client-certificate-data": base64(`${file}.crt`),
    "client-key-data": base64(`${file}.key`),
  };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster }],
    users: [{ name: user, user: credentials }],
    contexts: [{ name: "lab", context: { cluster: "lab", user } }],
    "current-context": "lab",
  };
  return JSON.stringify(config, undefined, 2);
}
