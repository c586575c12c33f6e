// SPDX-License-Identifier: GPL-3.0-or-later
// Scrolls the sidebar to the current page, which may be far down its list.
document.addEventListener('DOMContentLoaded', () => {
  const box = document.querySelector('.sidebar-scroll')
  const current = document.querySelector('.sidebar-tree .current-page')
  if (box && current) {
    const below = current.getBoundingClientRect().top - box.getBoundingClientRect().top
    box.scrollTop += below - box.clientHeight / 3
  }
})
