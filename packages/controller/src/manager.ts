/** Name under which the controller's writes stand in managedFields, and of its Lease. */
export const MANAGER = "fairlead-controller";
