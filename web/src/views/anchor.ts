/*
 * What is being read or typed stays where it is on the screen when cards come, go or change above it. By hand, because
 * browsers differ in whether and what they hold on to.
 */
function readElement(): Element | null {
	const active = document.activeElement
	if (active && active !== document.body && isOnScreen(active)) return active
	const hovered = document.querySelector('[data-post]:hover')
	if (hovered) return hovered
	const at = document.elementFromPoint(innerWidth / 2, innerHeight * 0.35)
	return at?.closest('[data-post]') ?? null
}

function isOnScreen(element: Element): boolean {
	const { top, bottom } = element.getBoundingClientRect()
	return bottom > 0 && top < innerHeight
}

/** Notes where the thing being read is. The function returned, called after the change, scrolls it back there. */
export function holdStill(): () => void {
	const element = scrollY > 0 ? readElement() : null
	const before_px = element?.getBoundingClientRect().top ?? 0
	return () => {
		if (!element?.isConnected) return
		const moved_px = element.getBoundingClientRect().top - before_px
		if (Math.abs(moved_px) >= 1) scrollBy({ top: moved_px, behavior: 'instant' })
	}
}
