import { createTold } from './told.ts'

const zones = createTold()

/** Has the frame compare the rules of a zone in which a part of the page shows times that is not the page's own. */
export const useTellZone = zones.useTell

/** The zones in which parts of the page show times. */
export const useShownZones = zones.useTold
