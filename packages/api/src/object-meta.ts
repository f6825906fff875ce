/** An object that this one goes with: when it is deleted, so is this. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Which fields a manager wrote (ManagedFieldsEntry of the Kubernetes API). */
export interface ManagedFields {
  readonly manager?: string;
  /** Fields as a tree of keys such as `f:status`; only the two levels that are read here. */
  readonly fieldsV1?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The part of `metadata` that is read here (ObjectMeta of the Kubernetes API). */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  /** RFC 3339, always text: never a Date. */
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFields[];
}

/** Any object of the API, as JSON. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}
