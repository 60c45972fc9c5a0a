/** Stands for what is opened later: each access goes to it, so that a test file can name it before its hooks have run. */
export function lent<Thing extends object>(opened: () => Thing): Thing {
  return new Proxy({} as Thing, {
    get: (_target, key) => Reflect.get(opened(), key) as unknown,
    has: (_target, key) => Reflect.has(opened(), key),
  })
}
