/* Copies text, also where the page came over plain http and the clipboard object is missing. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text)
		return true
	} catch {
		return copyBySelection(text)
	}
}

function copyBySelection(text: string): boolean {
	const active = document.activeElement
	const field = document.createElement('textarea')
	field.value = text
	field.className = 'unseen'
	document.body.append(field)
	field.select()
	let copied = false
	try {
		copied = document.execCommand('copy')
	} finally {
		field.remove()
		if (active instanceof HTMLElement) active.focus()
	}
	return copied
}
