//! The status page: health, incidents and their evidence as HTML, SVG, SSE and Statuspage JSON.
