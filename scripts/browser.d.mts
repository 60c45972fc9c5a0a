/** The program of a Chrome or Chromium that runs, or null. */
export function findBrowser(): string | null
/** Installs Debian's package where root may, else the browser that Playwright brings. */
export function installBrowser(root: string): void
