/** What says that code defines a schedule. */
interface Managed {
  readonly managedBy: string | null
  readonly deletedAt?: string | null
}

/** Whether code defines it: then it is changed there, but for its switch, pauses and single occurrences. */
export function isManaged({ managedBy, deletedAt = null }: Managed): boolean {
  return managedBy !== null && deletedAt === null
}

/** Who defines it, and what is left to people. */
export function managedNote({
  managedBy,
  managedVersion,
}: Managed & { readonly managedVersion: string | null }): string {
  return `Defined in code by ${managedBy}, version ${managedVersion}. It is changed there; here it can be enabled, paused and triggered, and single occurrences moved or skipped.`
}
