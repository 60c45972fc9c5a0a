import { firstViewShown } from '../panel/later.ts'
import { lazyRouteComponent, type RouteComponent } from '@tanstack/react-router'

/** A page whose code is fetched when it is opened. */
export function page<Name extends string>(
  load: () => Promise<Record<Name, RouteComponent>>,
  name: Name,
): RouteComponent {
  return lazyRouteComponent(async (): Promise<Record<Name, RouteComponent>> => {
    const [loaded] = await Promise.all([load(), import('../theme/moreStyles.ts')])
    firstViewShown()
    return loaded
  }, name)
}
