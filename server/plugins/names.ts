/** A function that gives a plain list is called by its own name: `calendar`, not `calendarList`. */
export const NamesPlugin: GraphileConfig.Plugin = {
  name: 'AlmanacNamesPlugin',
  version: '1.0.0',
  inflection: {
    replace: {
      customQueryListField(_previous, _options, details) {
        return this.customQueryField(details)
      },
      computedAttributeListField(_previous, _options, details) {
        return this.computedAttributeField(details)
      },
    },
  },
}
