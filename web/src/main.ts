import { mount } from "svelte";
import App from "./components/App.svelte";
import "./app.css";

/** How long the page waits for its title face: drawn before, it would move when the face comes. */
const facePatienceMs = 700;

const target = document.getElementById("app");
const face = document.fonts.load('700 1rem "Barlow Condensed"').catch(() => []);
const patience = new Promise((resolve) => setTimeout(resolve, facePatienceMs));
void Promise.race([face, patience]).then(() => {
  if (target) mount(App, { target });
});
