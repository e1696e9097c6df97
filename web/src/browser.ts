/* The browser's stores, or substitutes that last as long as the tab where it refuses them. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

export function keysOf(store: Store, prefix: string): string[] {
	const keys: string[] = []
	for (let i = 0; i < store.length; i++) {
		const key = store.key(i)
		if (key?.startsWith(prefix)) keys.push(key)
	}
	return keys
}

export function memoryStore(): Store {
	const kept = new Map<string, string>()
	return {
		getItem: (key) => kept.get(key) ?? null,
		setItem: (key, value) => void kept.set(key, value),
		removeItem: (key) => void kept.delete(key),
		key: (n) => [...kept.keys()][n] ?? null,
		get length() {
			return kept.size
		},
	}
}

function usable(name: 'localStorage' | 'sessionStorage'): Store {
	try {
		const store = globalThis[name]
		store.setItem('forwhom.probe', '1')
		store.removeItem('forwhom.probe')
		return store
	} catch {
		return memoryStore()
	}
}

export const localStore = (): Store => usable('localStorage')
export const sessionStore = (): Store => usable('sessionStorage')
