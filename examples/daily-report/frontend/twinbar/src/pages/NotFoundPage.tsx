import { Failure } from '../components/Notice.tsx';
import { Link, useNavigation } from '../navigation.tsx';
import { hrefOf } from '../route.ts';

export function NotFoundPage() {
  const { pathname, search } = useNavigation();
  return (
    <Failure title="There is no such page" reason={pathname}>
      <Link className="button" href={hrefOf({ page: 'search', query: '' }, search)}>
        Go to search
      </Link>
    </Failure>
  );
}
