/* Files of a wall or canvas: what they are called, what is in front of them, and how they reach the person. */
import type { ExportFormat } from '../../canvas'

export type FileFormat = ExportFormat | 'png'
export const FORMATS: readonly FileFormat[] = ['svg', 'png', 'json', 'md', 'csv']

const TYPES: Record<FileFormat, string> = {
	svg: 'image/svg+xml',
	png: 'image/png',
	json: 'application/json',
	md: 'text/markdown',
	csv: 'text/csv',
}
/** What makes a spreadsheet read the letters as they are. */
const BYTE_ORDER_MARK = '\ufeff'
/** Pixels for each unit of the picture, and the longest edge that browsers still draw. */
const SCALE = 2
const LONGEST_PX = 8_192

/** A name that every file system takes. */
export function fileName(title: string, format: FileFormat): string {
	const plain = title
		.replace(/[\p{Cc}\p{Cf}\\/:*?"<>|]+/gu, ' ')
		.replace(/\s+/g, ' ')
		.replace(/^[ .]+|[ .]+$/g, '')
	return `${[...(plain || 'forwhom')].slice(0, 80).join('').trimEnd()}.${format}`
}

export const asBlob = (text: string, format: FileFormat): Blob => new Blob([format === 'csv' ? BYTE_ORDER_MARK + text : text], { type: `${TYPES[format]};charset=utf-8` })

/** An SVG drawn as pixels; null if the browser could not. */
export async function drawn(svg: string): Promise<Blob | null> {
	const image = new Image()
	image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
	try {
		await image.decode()
	} catch {
		return null
	}
	const scale = Math.min(SCALE, LONGEST_PX / Math.max(image.naturalWidth, image.naturalHeight, 1))
	const sheet = document.createElement('canvas')
	sheet.width = Math.round(image.naturalWidth * scale)
	sheet.height = Math.round(image.naturalHeight * scale)
	sheet.getContext('2d')?.drawImage(image, 0, 0, sheet.width, sheet.height)
	return new Promise((settle) => sheet.toBlob(settle, TYPES.png))
}

const KEPT_MS = 60_000

export function hand(file: Blob, name: string): void {
	const link = document.createElement('a')
	link.href = URL.createObjectURL(file)
	link.download = name
	link.click()
	setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS)
}
