import { describe, expect, test } from 'vitest'
import { boxBeside, rowWeights, type Place } from './layout'

const place = (id: string, col: number, row: number, w: number, h: number): Place => ({ id, col, row, w, h })
const model = [
	place('partners', 1, 1, 2, 2),
	place('activities', 3, 1, 2, 1),
	place('resources', 3, 2, 2, 1),
	place('propositions', 5, 1, 2, 2),
	place('relationships', 7, 1, 2, 1),
	place('channels', 7, 2, 2, 1),
	place('segments', 9, 1, 2, 2),
	place('costs', 1, 3, 5, 1),
	place('revenue', 6, 3, 5, 1),
]

describe('weights of rows', () => {
	test('a row of wide boxes is lower', () => expect(rowWeights(model, 10, 3)).toEqual([1, 1, 0.632]))
	test('rows alike weigh alike', () => expect(rowWeights([place('a', 1, 1, 3, 1), place('b', 1, 2, 3, 1)], 3, 2)).toEqual([1, 1]))
	test('a row that only taller boxes cross, or none, still has a height', () => {
		expect(rowWeights([place('a', 1, 1, 2, 2)], 2, 3)).toEqual([1, 1, 1])
	})
})

describe('the box beside', () => {
	const beside = (id: string, direction: 'left' | 'right' | 'up' | 'down') => boxBeside(model, id, direction)?.id
	test('along a row', () => {
		expect(beside('propositions', 'right')).toBe('relationships')
		expect(beside('channels', 'left')).toBe('propositions')
		expect(beside('resources', 'left')).toBe('partners')
		expect(beside('costs', 'right')).toBe('revenue')
	})
	test('along a column', () => {
		expect(beside('activities', 'down')).toBe('resources')
		expect(beside('segments', 'down')).toBe('revenue')
		expect(beside('costs', 'up')).toBe('resources')
	})
	test('none at the edge, none of a box that is not there', () => {
		expect(beside('segments', 'right')).toBeUndefined()
		expect(beside('partners', 'up')).toBeUndefined()
		expect(beside('nowhere', 'up')).toBeUndefined()
	})
})
