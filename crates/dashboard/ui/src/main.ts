import { mount } from 'svelte';
import App from './App.svelte';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

// A task of its own: the browser has just evaluated the whole program in one.
setTimeout(() => mount(App, { target }));
