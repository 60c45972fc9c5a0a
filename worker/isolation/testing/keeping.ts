import { createKeeper } from '../keeper.ts'

/** A worker of which only the keeper is there: it is told of the first group and of the second, and that the second has ended. */
const [kept, gone] = process.argv.slice(2).map(Number)
const keeper = createKeeper()
keeper.add(kept!)
keeper.add(gone!)
keeper.delete(gone!)
process.on('message', () => process.send!('here'))
