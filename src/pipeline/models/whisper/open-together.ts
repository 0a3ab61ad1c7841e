import type {Session} from '../../runtime/session.js'

export type OpenSession = (path: string) => Promise<Session>

/** Makes something of several sessions; where that fails, those that were opened are closed. */
export async function openTogether<Made>(open: OpenSession, make: (open: OpenSession) => Promise<Made>): Promise<Made> {
  const sessions: Session[] = []
  try {
    return await make(async path => {
      const session = await open(path)
      sessions.push(session)
      return session
    })
  } catch (error) {
    await Promise.all(sessions.map(session => session.close()))
    throw error
  }
}
