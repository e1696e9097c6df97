/*
 * What is not needed to enter and to post, loaded when it is first wanted or when the page has nothing else to do: the
 * instructor's own screens, a class's settings, and the code as others are to see it.
 */
import words from './sentences/desk/en.json'
import { learn } from './text'

// What these screens say comes with them.
learn('en', words)

export { default as CodePanel } from './views/CodePanel.svelte'
export { default as Desk } from './views/Desk.svelte'
export { default as DevicePanel } from './views/DevicePanel.svelte'
export { default as SettingsPanel } from './views/SettingsPanel.svelte'
export { default as ShowCode } from './views/ShowCode.svelte'
export { default as SignIn } from './views/SignIn.svelte'
