import './tokens.css'
import './app.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { chooseLanguage } from './text'

chooseLanguage(navigator.languages)
mount(App, { target: document.getElementById('app')! })
