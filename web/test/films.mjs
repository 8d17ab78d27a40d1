// Films for the fake server: real titles, years and genres; the ids and counts are its own.

const rows = `
The Matrix|1999|Action,Sci-Fi,Thriller
Toy Story|1995|Adventure,Animation,Children,Comedy
Pulp Fiction|1994|Comedy,Crime,Drama,Thriller
Amélie|2001|Comedy,Romance
Spirited Away|2001|Adventure,Animation,Fantasy
Heat|1995|Action,Crime,Thriller
The Godfather|1972|Crime,Drama
Unforgiven|1992|Drama,Western
Singin' in the Rain|1952|Comedy,Musical,Romance
Hoop Dreams|1994|Documentary
The Shining|1980|Horror
Saving Private Ryan|1998|Action,Drama,War
Chinatown|1974|Crime,Film-Noir,Mystery,Thriller
Alien|1979|Horror,Sci-Fi
Groundhog Day|1993|Comedy,Fantasy,Romance
The Princess Bride|1987|Action,Adventure,Comedy,Fantasy,Romance
Fargo|1996|Comedy,Crime,Drama,Thriller
Before Sunrise|1995|Drama,Romance
Blade Runner|1982|Action,Sci-Fi,Thriller
The Lion King|1994|Adventure,Animation,Children,Drama,Musical
Twelve Monkeys|1995|Mystery,Sci-Fi,Thriller
Casablanca|1942|Drama,Romance
Raiders of the Lost Ark|1981|Action,Adventure
Schindler's List|1993|Drama,War
Jackie Brown|1997|Comedy,Crime,Drama
Thelma & Louise|1991|Adventure,Crime,Drama
Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb|1964|Comedy,War
Moon|2009|Drama,Mystery,Sci-Fi
Touch of Evil|1958|Crime,Film-Noir,Thriller
The Good, the Bad and the Ugly|1966|Action,Adventure,Western
My Neighbor Totoro|1988|Animation,Children,Drama,Fantasy
Memento|2000|Mystery,Thriller
Pan's Labyrinth|2006|Drama,Fantasy,Thriller
Man on Wire|2008|Documentary
Let the Right One In|2008|Drama,Fantasy,Horror,Romance
Strangers on a Train|1951|Crime,Drama,Film-Noir,Thriller
Some Like It Hot|1959|Comedy,Crime
City of God|2002|Action,Adventure,Crime,Drama,Thriller
Rear Window|1954|Mystery,Thriller
Cape Fear|1991|Thriller
Cape Fear|1962|Crime,Drama,Thriller
The Third Man|1949|Film-Noir,Mystery,Thriller
Once Upon a Time in the West|1968|Action,Drama,Western
Grave of the Fireflies|1988|Animation,Drama,War
Cabaret|1972|Drama,Musical
The Room|2003|Comedy,Drama,Romance
`;

export const films = rows
  .trim()
  .split("\n")
  .map((row, index) => {
    const [title, year, genres] = row.split("|");
    return {
      movie_id: index * 3 + 1, title, year: Number(year), genres: genres.split(","), ratings: 329 - index * 6,
      mean: 4.3 - (index % 9) * 0.1,
    };
  });
