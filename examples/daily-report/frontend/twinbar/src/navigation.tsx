import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
  type AnchorHTMLAttributes,
  type MouseEvent,
  type ReactNode,
} from 'react';

interface Place {
  readonly pathname: string;
  readonly search: string;
}

interface Navigation extends Place {
  /** Goes to an address of this site; `replace` keeps the history's length. */
  readonly go: (href: string, how?: 'push' | 'replace') => void;
}

const NavigationContext = createContext<Navigation | null>(null);

/** Follows the address bar by the History API; the server answers every path with the same page. */
export function NavigationProvider({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState(currentPlace);
  useEffect(() => {
    const follow = () => setPlace(currentPlace());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const go = useCallback((href: string, how: 'push' | 'replace' = 'push') => {
    if (how === 'push') {
      history.pushState(null, '', href);
      scrollTo(0, 0);
    } else {
      history.replaceState(null, '', href);
    }
    setPlace(currentPlace());
  }, []);
  const navigation = useMemo(() => ({ ...place, go }), [place, go]);
  return <NavigationContext value={navigation}>{children}</NavigationContext>;
}

export function useNavigation(): Navigation {
  const navigation = use(NavigationContext);
  if (navigation === null) throw new Error('useNavigation needs a NavigationProvider around it.');
  return navigation;
}

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  readonly href: string;
}

/** A link within the site. Clicks that ask for a new tab or window stay the browser's. */
export function Link({ href, ...rest }: LinkProps) {
  const { go } = useNavigation();
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
  }
  return <a href={href} onClick={follow} {...rest} />;
}

function currentPlace(): Place {
  return { pathname: location.pathname, search: location.search };
}
