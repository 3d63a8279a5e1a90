import { type IconProps, Sign } from './icons.tsx'

/* The icons of the toolbar, which are loaded with it. */

export const BoldIcon = (props: IconProps) => (
  <Sign {...props} weight={2.4}>
    <path d="M7 5h6a3.5 3.5 0 0 1 0 7H7Zm0 7h7a3.5 3.5 0 0 1 0 7H7Z" />
  </Sign>
)
export const ItalicIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M10.5 5h7M6.5 19h7M14 5l-4 14" />
  </Sign>
)
export const UnderlineIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M7 4.5v7a5 5 0 0 0 10 0v-7M5.5 20h13" />
  </Sign>
)
export const StrikeIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M4 12h16M17 7.5C16.5 5.5 14.6 4.5 12 4.5c-2.8 0-4.8 1.3-4.8 3.7 0 1 .4 1.8 1.2 2.4M7 16.5c.5 2 2.5 3 5 3 2.9 0 5-1.3 5-3.7 0-.5-.1-1-.3-1.4" />
  </Sign>
)
export const BulletsIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M9.5 6.5H20M9.5 12H20M9.5 17.5H20" />
    <path d="M4.8 6.5v.01M4.8 12v.01M4.8 17.5v.01" strokeWidth={3} />
  </Sign>
)
export const NumbersIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M10.5 6.5H20M10.5 12H20M10.5 17.5H20" />
    <path d="M3.8 5.3 5.3 4.5v4.3M3.6 15.6c.3-.9 2.4-1 2.4.3 0 1-2.3 1.7-2.3 3H6.2" strokeWidth={1.6} />
  </Sign>
)
export const TasksIcon = (props: IconProps) => (
  <Sign {...props}>
    <rect x="3.5" y="4" width="6" height="6" rx="1.5" />
    <path d="m4 16.5 1.8 1.8 3.5-3.8M13.5 7H20.5M13.5 16.5H20.5" />
  </Sign>
)
export const QuoteIcon = (props: IconProps) => (
  <Sign {...props}>
    <path
      d="M9.5 7.5C6.5 8 5 10 5 13v3.5h4.5V12H7M18.5 7.5c-3 .5-4.5 2.5-4.5 5.5v3.5h4.5V12H16"
      strokeWidth={1.8}
    />
  </Sign>
)
export const CodeIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="m8.5 7.5-5 4.5 5 4.5M15.5 7.5l5 4.5-5 4.5" />
  </Sign>
)
export const CodeBlockIcon = (props: IconProps) => (
  <Sign {...props}>
    <rect x="3" y="4.5" width="18" height="15" rx="2.5" />
    <path d="m9.5 9.5-2.5 2.5 2.5 2.5M14.5 9.5l2.5 2.5-2.5 2.5" />
  </Sign>
)
export const DividerIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M4 12h16M8 6.5h.01M12 6.5h.01M16 6.5h.01M8 17.5h.01M12 17.5h.01M16 17.5h.01" />
  </Sign>
)
export const UndoIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M8.5 5 4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3" />
  </Sign>
)
export const RedoIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M15.5 5 20 9.5 15.5 14M19.5 9.5H10a5.5 5.5 0 0 0 0 11h3" />
  </Sign>
)
export const HideKeyboardIcon = (props: IconProps) => (
  <Sign {...props}>
    <rect x="3" y="4" width="18" height="11" rx="2.5" />
    <path d="M7 8h.01M12 8h.01M17 8h.01M8.5 11.5h7M9.5 18.5 12 21l2.5-2.5" />
  </Sign>
)
