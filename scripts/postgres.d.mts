/** The folder with PostgreSQL's own programs (initdb, pg_dump, pg_basebackup, …), or null. */
export function findPostgresPrograms(): string | null
/** Installs Debian's package where root may. */
export function installPostgresPrograms(): void
