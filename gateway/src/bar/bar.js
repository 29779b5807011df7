// The Lanyard bar: which school this is, switch, elevate with a countdown, drop, hide the screen, support, sign out.
// It never takes a page away for good: what was typed stays, and comes back when the same person signs in again.
"use strict";
(() => {
  if (window.top !== window || document.getElementById("lanyard-bar")) return;
  const make = (name, props = {}, ...children) => {
    const node = Object.assign(document.createElement(name), props);
    node.append(...children);
    return node;
  };
  const post = (action, label, className) => {
    const form = make("form", { method: "post", action });
    form.append(make("input", { type: "hidden", name: "return", value: location.pathname + location.search }),
      make("button", { type: "submit", textContent: label, className }));
    return form;
  };
  const api = (path, method = "GET") =>
    fetch("/.lanyard/" + path, { method, headers: { accept: "application/json" }, redirect: "manual" }).catch(() => null);
  let typed = false;
  document.addEventListener("input", () => { typed = true; }, true);
  document.addEventListener("submit", () => { typed = false; }, true);

  const style = `
    :host{all:initial;position:sticky;top:0;display:block;z-index:2147483000}
    *{box-sizing:border-box}
    .bar{font:600 14px/1.3 "Segoe UI",system-ui,-apple-system,"Noto Sans","DejaVu Sans",sans-serif;display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;padding:7px 14px;color:#fff;background:var(--site);box-shadow:0 1px 4px rgb(0 0 0/.3)}
    .bar.elevated{border-bottom:6px solid #f2b134}
    .name{margin-right:auto}.level{font-weight:400}
    form{margin:0;display:contents}
    button,a.act,summary{font:inherit;line-height:20px;color:#fff;background:rgb(0 0 0/.28);border:1px solid rgb(255 255 255/.6);border-radius:6px;padding:5px 10px;min-height:32px;cursor:pointer;text-decoration:none;display:inline-block;list-style:none}
    summary::-webkit-details-marker{display:none}
    button.primary{background:#fff;color:#14232b;border-color:#fff}
    button:hover,a.act:hover,summary:hover{background:rgb(0 0 0/.5)}button.primary:hover{background:#e6e6e6}
    :focus-visible{outline:3px solid #f2b134;outline-offset:2px}
    iframe.tabs{border:0;width:0;height:32px;max-width:60%;color-scheme:normal}iframe.tabs[inert]{position:absolute}
    .skip{position:absolute;left:-999px}.skip:focus{left:8px;top:6px}
    .more{display:contents}.more>summary{display:none}.more>div{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;margin-left:auto}
    .strip{font:15px/1.4 "Segoe UI",system-ui,-apple-system,"Noto Sans","DejaVu Sans",sans-serif;display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center;padding:8px 14px;background:#fdf0cf;color:#14232b;border-bottom:1px solid #b98a1c}
    .strip button{color:#14232b;background:#fff;border-color:#14232b}
    dialog{font:16px/1.5 "Segoe UI",system-ui,-apple-system,"Noto Sans","DejaVu Sans",sans-serif;border:0;border-radius:12px;padding:0;width:min(94vw,440px);margin-top:64px;overflow:hidden;box-shadow:0 10px 40px rgb(0 0 0/.45);background:#fffdf9;color:#14232b}
    dialog::backdrop{background:rgb(10 20 25/.45)}
    dialog header{display:flex;justify-content:space-between;align-items:center;padding:10px 10px 6px 18px}dialog h2{font-size:18px;margin:0}
    dialog iframe{border:0;width:100%;height:220px;max-height:70vh;display:block}
    dialog button{color:inherit;background:transparent;border-color:currentColor}
    .curtain{position:fixed;inset:0;background:#10191d;color:#edf1f0;display:grid;place-content:center;justify-items:center;text-align:center;gap:14px;font:20px/1.5 "Segoe UI",system-ui,-apple-system,"Noto Sans","DejaVu Sans",sans-serif;padding:24px}
    .curtain a,.curtain button{font:600 17px/1.3 inherit;padding:12px 20px;color:#10191d;background:#edf1f0}
    [hidden]{display:none!important}
    @media (prefers-color-scheme:dark){dialog{background:#18242a;color:#edf1f0}}
    @media (max-width:620px){.bar{padding:6px 10px}.name{flex:1 1 40%}.level{order:1}.more{display:block;order:2}.more>summary{display:inline-block}.more[open]{flex:1 1 100%}.more>div{display:none;padding:8px 0 2px}.more[open]>div{display:flex}}
    @media print{:host{display:none}}`;

  const show = (me) => {
    const t = (english) => (me.words && me.words[english]) || english;
    const t1 = (english, value) => t(english).replace("{0}", value);
    const host = make("section", { id: "lanyard-bar", ariaLabel: "Lanyard", lang: me.language });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const bar = make("div", { className: "bar" });
    bar.style.setProperty("--site", me.site.colour);
    const level = make("span", { className: "level" });
    const said = make("span", { className: "skip", role: "status" });
    bar.append(make("span", { className: "name" }, me.site.name), level, said);

    const elevate = post("/.lanyard/elevate", t("Elevate your access"), "primary");
    const drop = post("/.lanyard/drop", t("Drop to base access"), "primary");
    // With words on the page, the key is used in another tab, and this page stays as it is.
    elevate.onsubmit = () => { elevate.target = typed ? "_blank" : ""; };
    bar.append(elevate, drop);

    const dialog = make("dialog", { ariaLabel: t("Switch site") });
    const frame = make("iframe", { title: t("My sites") });
    const close = make("button", { type: "button", textContent: t("Close") });
    close.onclick = () => dialog.close();
    dialog.append(make("header", {}, make("h2", {}, t("Switch site")), close), frame);
    dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
    const openSwitcher = () => {
      frame.src = me.switcher;
      frame.onload = () => frame.focus();
      if (!dialog.open) dialog.showModal();
    };
    const from = new URL(me.switcher).origin;
    window.addEventListener("message", (event) => {
      if (event.origin !== from) return;
      if (event.source === tabs.contentWindow && event.data && event.data.lanyardWidth) {
        tabs.style.width = Math.min(760, Number(event.data.lanyardWidth)) + "px";
        tabs.inert = false;
      }
      if (event.source !== frame.contentWindow) return;
      if (event.data === "lanyard:close") dialog.close();
      if (event.data && event.data.lanyardHeight) frame.style.height = Math.min(1200, Number(event.data.lanyardHeight)) + "px";
    });

    const more = make("details", { className: "more" }, make("summary", {}, t("More")));
    more.open = matchMedia("(min-width:621px)").matches;
    const inside = make("div");
    const switcher = make("button", { type: "button", textContent: t("Switch site"), title: "Ctrl+K" });
    switcher.onclick = openSwitcher;
    const hider = make("button", { type: "button", textContent: t("Hide screen"), title: t("Press Escape twice") });
    hider.onclick = () => hide(true);
    inside.append(switcher, hider,
      make("a", { className: "act", href: me.support, target: "_blank", rel: "noopener", textContent: t("Contact support") }),
      post("/.lanyard/signout", t("Sign out"), ""));
    more.append(inside);
    bar.append(more);
    // The other schools, one click away; the provider says which, in a frame that the site cannot look into.
    const tabs = make("iframe", { className: "tabs", title: t("My sites"), inert: true });
    if (more.open) tabs.src = me.switcher + "?tabs=" + encodeURIComponent(me.site.slug);
    level.before(tabs);

    const warning = make("div", { className: "strip", hidden: true, role: "alert" });
    const stay = make("button", { type: "button", textContent: t("Stay signed in") });
    warning.append(make("span", {}, t("You will be signed out soon. What you typed is safe.")), stay);
    const late = make("div", { className: "strip", hidden: true, role: "alert" });
    const away = make("div", { className: "strip", hidden: true, role: "status" },
      make("span", {}, t("You can keep working at base access. Elevating is not available right now.")));

    const curtain = make("div", { className: "curtain", hidden: true, tabIndex: -1 });
    const heading = make("strong", {}, t("Screen hidden"));
    const words = make("span", {}, t("This does not lock your computer."));
    const back = make("button", { type: "button", textContent: t("Show the page") });
    const again = make("a", { className: "act", href: "/", target: "_blank", rel: "opener", textContent: t("Sign in again"), hidden: true });
    curtain.append(heading, words, back, again);
    let hiddenAt = 0;
    const rest = () => [...document.body.children].filter((node) => node !== host);
    const hide = (on) => {
      curtain.hidden = !on;
      document.documentElement.style.overflow = on ? "hidden" : "";
      bar.inert = on;
      for (const node of rest()) node.inert = on;
      if (on) { hiddenAt = Date.now(); (back.hidden ? again : back).focus(); }
    };
    back.onclick = () => hide(false);
    // Access is over here: nothing shows, and nothing that was typed is lost.
    const over = (on) => {
      if (on === !again.hidden) return;
      heading.textContent = on ? t("Your access here has ended") : t("Screen hidden");
      words.textContent = on ? t("What you typed is kept in this tab. It shows again when you sign in.") : t("This does not lock your computer.");
      back.hidden = on;
      again.hidden = !on;
      hide(on);
    };
    const other = () => { words.textContent = t("Someone else is signed in now. Close this tab, or sign in as yourself again."); };

    root.append(bar, warning, late, away, dialog, curtain);
    const flows = getComputedStyle(document.body).display === "block";
    if (flows) {
      const margin = getComputedStyle(document.body);
      host.style.margin = `-${margin.marginTop} -${margin.marginRight} 0 -${margin.marginLeft}`;
      document.body.prepend(host);
    } else {
      document.documentElement.insertBefore(host, document.body);
    }

    let until = 0, idle = 0, skew = 0, told = "";
    const now = () => Math.floor(Date.now() / 1000 + skew);
    const draw = () => {
      const left = Math.max(0, until - now());
      const elevated = left > 0;
      bar.classList.toggle("elevated", elevated);
      elevate.hidden = elevated || !me.may_elevate;
      drop.hidden = !elevated;
      level.textContent = !elevated ? t("Base access")
        : left >= 120 ? t1("Elevated, {0} minutes left", Math.ceil(left / 60)) : t1("Elevated, {0} seconds left", left);
      // Said aloud when it changes and two minutes before it ends, not every second.
      const state = !elevated ? t("Base access") : left > 120 ? t("Elevated access") : t("Elevated access ends in 2 minutes");
      if (state !== told) { told = state; said.textContent = state; }
      const soon = idle - now();
      warning.hidden = !(soon > 0 && soon <= 120);
      // Two minutes behind the curtain end elevated access.
      if (elevated && !curtain.hidden && Date.now() - hiddenAt > 120000) {
        until = 0;
        api("drop", "POST");
      }
    };
    const learn = (facts) => {
      skew = facts.now - Date.now() / 1000;
      until = facts.elevated_until || 0;
      idle = facts.idle_until || 0;
      me.may_elevate = facts.may_elevate;
      away.hidden = !facts.provider_away;
      draw();
    };
    const extend = async () => {
      warning.hidden = true;
      idle = 0;
      const answer = await api("stay", "POST");
      if (answer && answer.ok) learn(await answer.json());
    };
    stay.onclick = extend;
    learn(me);
    setInterval(draw, 1000);
    const ask = async () => {
      const answer = await api("whoami");
      if (!answer) return;
      if (answer.status === 401) {
        // Access has ended by its date: a concern that is being written may still be sent, and nothing else.
        const grace = (await answer.json().catch(() => ({}))).grace_until;
        const writing = [...document.forms].some((form) => new URL(form.action, location.href).pathname === me.concern_path);
        late.hidden = !grace || !me.concern_path || !writing;
        if (late.hidden) return over(true);
        [until, idle, me.may_elevate] = [0, 0, false];
        draw();
        const words = t1("Your access here has ended. You have until {0} to send what you are writing.", grace);
        // Said aloud once, not every few seconds.
        if (late.textContent !== words) late.textContent = words;
        return;
      }
      if (!answer.ok) return;
      late.hidden = true;
      const facts = await answer.json();
      if (!again.hidden && facts.account !== me.account) return other();
      over(false);
      learn(facts);
    };
    setInterval(ask, 3000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
    // Turning to another window hides the page where the school wants that; the bar's own frames are no other window.
    if (me.hide_on_blur) {
      let picking = false;
      const turned = () => { if (!document.hasFocus() && !picking && curtain.hidden) hide(true); };
      // A window to choose a file from is one that the page itself has opened.
      document.addEventListener("click", (event) => { picking = Boolean(event.target.closest?.("input[type=file],label")); }, true);
      window.addEventListener("focus", () => { picking = false; });
      window.addEventListener("blur", () => setTimeout(turned));
      // Turning away from a frame of the page is told to that frame alone.
      setInterval(turned, 1000);
    }
    let escape = 0;
    document.addEventListener("keydown", (event) => {
      if (!warning.hidden) extend();
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openSwitcher(); }
      if (event.key === "Escape") { const at = Date.now(); if (at - escape < 600) hide(true); escape = at; }
    });
    const initials = me.site.short_name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2);
    const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${me.site.colour}"/><text x="16" y="22" font-family="sans-serif" font-size="15" font-weight="700" fill="#fff" text-anchor="middle">${initials.replace(/[^\p{L}\p{N}]/gu, "")}</text></svg>`;
    document.head.append(make("link", { rel: "icon", href: "data:image/svg+xml," + encodeURIComponent(icon) }));
  };

  const begin = async () => {
    const answer = await api("whoami?words");
    if (answer && answer.ok) show(await answer.json());
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
