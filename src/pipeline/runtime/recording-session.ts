import type {Session} from './session.js'

export type Feeds = Parameters<Session['run']>[0]

/** A session that shows what it is fed before it runs, and waits until that has been looked at. */
export const recordingSession = (session: Session, record: (feeds: Feeds) => Promise<void>): Session => ({
  ...session,
  async run(feeds, fetches) {
    await record(feeds)
    return await session.run(feeds, fetches)
  },
})
