// SPDX-License-Identifier: GPL-3.0-or-later
// Scrolls the sidebar to the current page, which may be far down its list.
window.addEventListener('load', () => {
  const box = document.querySelector('.sidebar-scroll')
  const current = document.querySelector('.sidebar-tree .current-page')
  if (box && current) {
    const below = current.getBoundingClientRect().top - box.getBoundingClientRect().top
    // The theme scrolls smoothly, which would take a second on each page.
    box.scrollTo({top: box.scrollTop + below - box.clientHeight / 3, behavior: 'instant'})
  }
})
