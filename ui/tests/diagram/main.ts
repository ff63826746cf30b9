// A page with the diagram of a sample cast, for pictures and for work on it: `#demo`, `#sixty`, …

import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import { mount } from 'svelte'
import '../../src/style.css'
import Gallery from './Gallery.svelte'

mount(Gallery, { target: document.querySelector('#app') as HTMLElement })
