/* Moments in words. */
import type { MomentRow } from '../../canvas'
import { t, type Key } from '../../text'

/** Who did what, as far as the reader may know. */
export function sayMoment({ whoName, cmd, n }: MomentRow): string {
	const who = whoName || t('past.somebody')
	if (cmd) {
		const key = `did.${cmd}` as Key
		const said = t(key, { who, n })
		if (said !== key) return said
	}
	return whoName ? t('past.by_changes', { who, n }) : t('past.changes', { n })
}

const DAY_MS = 24 * 60 * 60_000

/** The time of day, with the day where that is not today. */
export function sayTime(ms: number, now_ms: number): string {
	const isToday = new Date(ms).toDateString() === new Date(now_ms).toDateString()
	const isNear = now_ms - ms < 6 * DAY_MS
	const day: Intl.DateTimeFormatOptions = isToday ? {} : isNear ? { weekday: 'short' } : { day: 'numeric', month: 'short' }
	return new Intl.DateTimeFormat(document.documentElement.lang, { ...day, hour: '2-digit', minute: '2-digit' }).format(ms)
}
