'use strict';
/** Developer metadata. */
(() => {
  const { playground } = self;
  const { notBuilt, service, wrapped } = playground;

  const kindOf = (location) => {
    if (!location.dimensionRange) return location.spreadsheet ? 'SPREADSHEET' : 'SHEET';
    return location.dimensionRange.dimension === 'ROWS' ? 'ROW' : 'COLUMN';
  };

  const sheetIdOf = (location) => {
    if (location.spreadsheet) return null;
    return (location.dimensionRange ? location.dimensionRange.sheetId : location.sheetId) || 0;
  };

  /** The whole row or column that a location means. */
  const spanOf = (location, dimension) => {
    const span = location.dimensionRange;
    if (!span || span.dimension !== dimension) return null;
    const sheet = playground.sheetOf(span.sheetId || 0);
    const { rows, columns } = sheet.extent();
    const [start, end] = [span.startIndex || 0, span.endIndex];
    const isColumns = dimension === 'COLUMNS';
    return playground.rangeOf(
      sheet,
      isColumns ? { top: 0, bottom: rows, left: start, right: end } : { top: start, bottom: end, left: 0, right: columns },
    );
  };

  const locationOf = (location) =>
    service('DeveloperMetadataLocation', {
      getColumn: () => spanOf(location, 'COLUMNS'),
      getRow: () => spanOf(location, 'ROWS'),
      getLocationType: () => self.SpreadsheetApp.DeveloperMetadataLocationType[kindOf(location)],
      getSheet: () => (sheetIdOf(location) === null ? null : playground.sheetOf(sheetIdOf(location))),
      getSpreadsheet: () => (location.spreadsheet ? playground.spreadsheet : null),
    });

  const entryOf = (entry) =>
    service('DeveloperMetadata', {
      getId: () => entry.metadataId,
      getKey: () => entry.metadataKey,
      getValue: () => entry.metadataValue ?? null,
      getVisibility: () => playground.Visibility[entry.visibility],
      getLocation: () => locationOf(entry.location),
      remove() {
        const lookup = { developerMetadataLookup: { metadataId: entry.metadataId } };
        playground.change({ deleteDeveloperMetadata: { dataFilter: lookup } });
      },
    });

  class Finder {
    constructor(sheet) {
      this.sheet = sheet;
      this.lookup = {};
    }

    withKey(metadataKey) {
      return this.narrowed({ metadataKey });
    }

    withValue(metadataValue) {
      return this.narrowed({ metadataValue });
    }

    withId(metadataId) {
      return this.narrowed({ metadataId });
    }

    withVisibility(visibility) {
      return this.narrowed({ visibility: String(visibility) });
    }

    narrowed(part) {
      Object.assign(this.lookup, part);
      return wrapped('DeveloperMetadataFinder', this);
    }

    find() {
      if (Object.keys(this.lookup).length === 0) return notBuilt('DeveloperMetadataFinder.find without withKey');
      const body = { dataFilters: [{ developerMetadataLookup: this.lookup }] };
      const found = playground.sheets('POST', '/developerMetadata:search', body).matchedDeveloperMetadata || [];
      const wanted = this.sheet === null ? null : this.sheet.getSheetId();
      return found
        .map((one) => one.developerMetadata)
        .filter((entry) => wanted === null || sheetIdOf(entry.location) === wanted)
        .map(entryOf);
    }
  }

  playground.metadataFinder = (sheet) => wrapped('DeveloperMetadataFinder', new Finder(sheet));
  playground.addMetadata = (location, metadataKey, metadataValue, visibility) => {
    const developerMetadata = { metadataKey, metadataValue, visibility: String(visibility), location };
    playground.change({ createDeveloperMetadata: { developerMetadata } });
  };
})();
