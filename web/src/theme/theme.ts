import {
  createTheme,
  defaultVariantColorsResolver,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'
import type { FocusEvent } from 'react'
import { typeAhead } from './typeAhead.ts'

const accent: MantineColorsTuple = [
  '#efeefc',
  '#dcdaf8',
  '#b8b4ef',
  '#938de8',
  '#746ce0',
  '#6158da',
  '#5449d6',
  '#473dc0',
  '#3d34a8',
  '#322b8c',
]

/** What is filled has the text colour that is readable on it in both themes; Mantine's red is too bright for that. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input)
  if (input.variant === 'filled' && input.color === 'red')
    return { ...colors, background: '#b42025', hover: '#9a1a1f', color: '#ffffff' }
  const isAccent = input.variant === 'filled' && (input.color === undefined || input.color === 'accent')
  return isAccent ? { ...colors, color: 'var(--on-accent)' } : colors
}

const close = { defaultProps: { 'aria-label': 'Close' } }
/** The header of a dialog is not a header of the page. */
const header = { defaultProps: { role: 'presentation' } }

/** A dialog that is closed is gone at once: the keys after it are those of the page. */
const dialog = {
  defaultProps: { transitionProps: { duration: 200, exitDuration: 0, transition: 'fade-down' } },
} as const

/** Mantine on the tokens of the client: system fonts, small radii, compact controls. */
export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: 6,
  colors: { accent },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '13px', sm: '14px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 'var(--r-2)',
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver,
  components: {
    Modal: dialog,
    // A list that opens where Tab comes by covers the page, and takes the next Escape.
    Select: {
      defaultProps: {
        onKeyDownCapture: typeAhead,
        openOnFocus: false,
        // What is typed takes the place of what is chosen, and Enter takes the first that it finds.
        onFocus: ({ currentTarget }: FocusEvent<HTMLInputElement>) => {
          if (!currentTarget.readOnly) currentTarget.select()
        },
        selectFirstOptionOnChange: true,
        nothingFoundMessage: 'Nothing found.',
      },
    },
    ModalCloseButton: close,
    DrawerCloseButton: close,
    ModalHeader: header,
    DrawerHeader: header,
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
  },
})

const tokens = {
  '--mantine-color-body': 'var(--surface-app)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-muted)',
  '--mantine-color-placeholder': 'var(--text-faint)',
  '--mantine-color-anchor': 'var(--text-accent)',
  '--mantine-color-error': 'var(--run-failed-text)',
  '--mantine-color-default': 'var(--surface-page)',
  '--mantine-color-default-hover': 'var(--surface-hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-primary-color-filled': 'var(--accent)',
  '--mantine-primary-color-filled-hover': 'var(--accent-hover)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
  '--mantine-primary-color-light': 'var(--surface-selected)',
  '--mantine-primary-color-light-color': 'var(--text-accent)',
}

/** What Mantine draws dark surfaces, lines and controls with. */
const darkSurfaces = {
  '--mantine-color-dark-4': 'var(--line-strong)',
  '--mantine-color-dark-5': 'var(--surface-hover)',
  '--mantine-color-dark-6': 'var(--surface-raised)',
  '--mantine-color-dark-7': 'var(--surface-page)',
  '--mantine-color-dark-8': 'var(--surface-app)',
}

/** Hands the tokens to Mantine; light and dark are told apart in tokens.css. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: tokens,
  dark: { ...tokens, ...darkSurfaces },
})
