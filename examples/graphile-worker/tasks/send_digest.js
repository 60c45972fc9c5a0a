/** Serves the crontab, jobs of the application, and schedules of Almanac, which keep what it returns. */
export default function sendDigest(payload, helpers) {
  helpers.logger.info(`Digest for ${payload.audience}`)
  return { sentTo: payload.audience }
}
