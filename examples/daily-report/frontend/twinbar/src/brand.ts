/** The product's name and what it promises, as the header shows them. */
export const BRAND = 'Daily Report';
export const TAGLINE = 'Every ticker you follow, once a day.';
