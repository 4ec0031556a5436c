// Plays the scripts of bbolt's API (see script.ts for the commands) on the real bbolt: one command a
// line on standard input, one line of answer each. Built outside of this project by ../../bench/api.ts.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
)

type world struct {
	dir     string
	dbs     map[string]*bolt.DB
	txs     map[string]*bolt.Tx
	buckets map[string]*bolt.Bucket
	cursors map[string]*bolt.Cursor
	hooks   []string
}

func newWorld(dir string) *world {
	return &world{dir: dir, dbs: map[string]*bolt.DB{}, txs: map[string]*bolt.Tx{},
		buckets: map[string]*bolt.Bucket{}, cursors: map[string]*bolt.Cursor{}}
}

var errOwn = errors.New("own error")

func main() {
	debug.SetPanicOnFault(true)
	dir := os.Args[1]
	out := bufio.NewWriter(os.Stdout)
	w := newWorld(dir)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	round := 0
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if words[0] == "reset" {
			round++
			w = newWorld(filepath.Join(dir, strconv.Itoa(round)))
			os.MkdirAll(w.dir, 0o700)
			fmt.Fprintln(out, "ok")
			continue
		}
		fmt.Fprintln(out, answer(w, words))
		out.Flush()
	}
}

func answer(w *world, words []string) (line string) {
	defer func() {
		if recover() != nil {
			line = "panic"
		}
	}()
	text, err := play(w, words[0], words[1:])
	var fromSystem *os.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "error NOT_FOUND"
	case errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTDIR):
		return "error WRONG_KIND"
	case errors.As(err, &fromSystem):
		return "error IO_FAILED"
	case err != nil:
		return "error " + err.Error()
	}
	return strings.TrimSpace("ok " + strings.TrimSpace(text))
}

// parse reads bytes: "-" for none, "97*3" for three of a byte, else a text.
func parse(word string) []byte {
	if word == "-" {
		return []byte{}
	}
	if at := strings.IndexByte(word, '*'); at > 0 {
		b, _ := strconv.Atoi(word[:at])
		n, _ := strconv.Atoi(word[at+1:])
		return bytes.Repeat([]byte{byte(b)}, n)
	}
	return []byte(word)
}

func show(b []byte) string {
	if b == nil {
		return "nil"
	}
	if len(b) == 0 {
		return "-"
	}
	if len(b) > 40 {
		return fmt.Sprintf("%s..*%d", b[:4], len(b))
	}
	for _, c := range b {
		if c <= 32 || c > 126 {
			return "0x" + hex.EncodeToString(b)
		}
	}
	return string(b)
}

func pair(k, v []byte) string {
	if k == nil {
		return "nil"
	}
	return show(k) + "=" + show(v)
}

func found(b *bolt.Bucket) string {
	if b == nil {
		return "nil"
	}
	return ""
}

// parent stands for what has buckets: a bucket or a transaction.
type parent interface {
	Bucket([]byte) *bolt.Bucket
	CreateBucket([]byte) (*bolt.Bucket, error)
	CreateBucketIfNotExists([]byte) (*bolt.Bucket, error)
	DeleteBucket([]byte) error
	Cursor() *bolt.Cursor
	Inspect() bolt.BucketStructure
}

func (w *world) parent(name string) parent {
	if tx, ok := w.txs[name]; ok {
		return tx
	}
	return w.buckets[name]
}

func play(w *world, command string, a []string) (string, error) {
	switch command {
	case "open":
		return w.open(a)
	case "file":
		return "", os.WriteFile(filepath.Join(w.dir, a[0]), parse(a[1]), 0o600)
	case "directory":
		return "", os.Mkdir(filepath.Join(w.dir, a[0]), 0o700)
	case "close":
		return "", w.dbs[a[0]].Close()
	case "begin":
		tx, err := w.dbs[a[1]].Begin(a[2] == "w")
		if err != nil {
			return "", err
		}
		w.txs[a[0]] = tx
		return fmt.Sprint(tx.ID(), " ", tx.Writable()), nil
	case "commit":
		return "", w.txs[a[0]].Commit()
	case "rollback":
		return "", w.txs[a[0]].Rollback()
	case "size":
		return fmt.Sprint(w.txs[a[0]].Size()), nil
	case "bucket":
		b := w.parent(a[1]).Bucket(parse(a[2]))
		if b != nil {
			w.buckets[a[0]] = b
		}
		return found(b), nil
	case "create", "createif":
		make := w.parent(a[1]).CreateBucket
		if command == "createif" {
			make = w.parent(a[1]).CreateBucketIfNotExists
		}
		b, err := make(parse(a[2]))
		if b != nil {
			w.buckets[a[0]] = b
		}
		return "", err
	case "drop":
		return "", w.parent(a[0]).DeleteBucket(parse(a[1]))
	case "move":
		return "", w.txs[a[0]].MoveBucket(parse(a[1]), w.buckets[a[2]], w.buckets[a[3]])
	case "get":
		return show(w.buckets[a[0]].Get(parse(a[1]))), nil
	case "put":
		return "", w.buckets[a[0]].Put(parse(a[1]), parse(a[2]))
	case "delete":
		return "", w.buckets[a[0]].Delete(parse(a[1]))
	case "sequence":
		return fmt.Sprint(w.buckets[a[0]].Sequence()), nil
	case "setsequence":
		n, _ := strconv.ParseUint(a[1], 10, 64)
		return "", w.buckets[a[0]].SetSequence(n)
	case "nextsequence":
		n, err := w.buckets[a[0]].NextSequence()
		if err != nil {
			return "", err
		}
		return fmt.Sprint(n), nil
	case "fill":
		w.buckets[a[0]].FillPercent, _ = strconv.ParseFloat(a[1], 64)
		return "", nil
	case "foreach":
		return w.forEach(a)
	case "inspect":
		return structure(w.parent(a[0]).Inspect()), nil
	case "stats":
		s := w.buckets[a[0]].Stats()
		return strings.Trim(fmt.Sprintf("%+v", s), "{}"), nil
	case "dbstats":
		s := w.dbs[a[0]].Stats()
		return fmt.Sprintf("free %d pending %d alloc %d readers %d %d", s.FreePageN, s.PendingPageN,
			s.FreeAlloc, s.TxN, s.OpenTxN), nil
	case "txstats":
		s := w.txs[a[0]].Stats()
		return fmt.Sprintf("pages %d bytes %d rebalances %d splits %d spills %d writes %d",
			s.GetPageCount(), s.GetPageAlloc(), s.GetRebalance(), s.GetSplit(), s.GetSpill(), s.GetWrite()), nil
	case "cursor":
		w.cursors[a[0]] = w.parent(a[1]).Cursor()
		return "", nil
	case "first":
		return pair(w.cursors[a[0]].First()), nil
	case "last":
		return pair(w.cursors[a[0]].Last()), nil
	case "next":
		return pair(w.cursors[a[0]].Next()), nil
	case "prev":
		return pair(w.cursors[a[0]].Prev()), nil
	case "seek":
		return pair(w.cursors[a[0]].Seek(parse(a[1]))), nil
	case "cursordelete":
		return "", w.cursors[a[0]].Delete()
	case "hook":
		w.txs[a[0]].OnCommit(func() {
			w.hooks = append(w.hooks, a[1])
			if a[1] == "panics" {
				panic("hook")
			}
		})
		return "", nil
	case "hooks":
		said := strings.Join(w.hooks, " ")
		w.hooks = nil
		return said, nil
	case "update", "view":
		return w.managed(command, a)
	case "batch":
		return w.batch(a)
	case "compact":
		n, _ := strconv.Atoi(a[2])
		return "", bolt.Compact(w.dbs[a[0]], w.dbs[a[1]], int64(n))
	case "check":
		return w.check(a[0])
	case "dump":
		return w.dump(a[0])
	case "writeto":
		f, err := os.Create(filepath.Join(w.dir, a[1]))
		if err != nil {
			return "", err
		}
		defer f.Close()
		n, err := w.txs[a[0]].WriteTo(f)
		return fmt.Sprint(n), err
	}
	return "", fmt.Errorf("unknown command %s", command)
}

func (w *world) open(a []string) (string, error) {
	o := bolt.Options{InitialMmapSize: 1 << 26, PageSize: 4096, Timeout: 30 * time.Millisecond}
	strict := false
	for _, option := range a[1:] {
		name, value, _ := strings.Cut(option, "=")
		n, _ := strconv.Atoi(value)
		switch name {
		case "readOnly":
			o.ReadOnly = true
		case "noSync":
			o.NoSync = true
		case "noGrowSync":
			o.NoGrowSync = true
		case "noFreelistSync":
			o.NoFreelistSync = true
		case "hashmap":
			o.FreelistType = bolt.FreelistMapType
		case "pageSize":
			o.PageSize = n
		case "maxBytes":
			o.MaxSize = n
		case "strict":
			strict = true
		}
	}
	db, err := bolt.Open(filepath.Join(w.dir, strings.Split(a[0], "@")[0]), 0o600, &o)
	if err != nil {
		return "", err
	}
	db.StrictMode = strict
	w.dbs[a[0]] = db
	return fmt.Sprintf("%d %t", db.Info().PageSize, db.IsReadOnly()), nil
}

func (w *world) forEach(a []string) (string, error) {
	said := []string{}
	visit := func(k, v []byte) error {
		said = append(said, pair(k, v))
		if len(a) > 1 && a[1] == string(k) {
			return errOwn
		}
		return nil
	}
	var err error
	if tx, ok := w.txs[a[0]]; ok {
		err = tx.ForEach(func(k []byte, _ *bolt.Bucket) error { return visit(k, nil) })
	} else {
		err = w.buckets[a[0]].ForEach(visit)
	}
	return strings.Join(said, " "), err
}

func structure(s bolt.BucketStructure) string {
	said := fmt.Sprintf("%s:%d", show([]byte(s.Name)), s.KeyN)
	for _, child := range s.Children {
		said += " (" + structure(child) + ")"
	}
	return said
}

func (w *world) managed(command string, a []string) (said string, err error) {
	run := w.dbs[a[0]].Update
	if command == "view" {
		run = w.dbs[a[0]].View
	}
	err = run(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(parse(a[2]))
		if command == "update" {
			if err != nil {
				return err
			}
			if err := b.Put(parse(a[3]), parse(a[4])); err != nil {
				return err
			}
		}
		switch a[1] {
		case "error":
			return errOwn
		case "panic":
			panic("own panic")
		case "commit":
			return tx.Commit()
		case "rollback":
			return tx.Rollback()
		case "hook":
			tx.OnCommit(func() { w.hooks = append(w.hooks, a[3]) })
		case "create":
			return err
		}
		return nil
	})
	return said, err
}

func (w *world) batch(a []string) (string, error) {
	kinds := strings.Split(a[1], ",")
	said := make([]string, len(kinds))
	var all sync.WaitGroup
	for i, kind := range kinds {
		all.Add(1)
		go func() {
			defer all.Done()
			defer func() {
				if recover() != nil {
					said[i] = "panic"
				}
			}()
			err := w.dbs[a[0]].Batch(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte("batch"))
				if err != nil {
					return err
				}
				if err := b.Put([]byte(fmt.Sprint("k", i)), []byte(kind)); err != nil {
					return err
				}
				if kind == "error" {
					return errOwn
				}
				if kind == "panic" {
					panic("own panic")
				}
				if kind == "emptykey" {
					return b.Put(nil, nil)
				}
				return nil
			})
			said[i] = "ok"
			if err != nil {
				said[i] = "error(" + err.Error() + ")"
			}
		}()
	}
	all.Wait()
	return strings.Join(said, " "), nil
}

func (w *world) check(name string) (string, error) {
	said := []string{}
	err := w.dbs[name].View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			said = append(said, err.Error())
		}
		return nil
	})
	return strings.Join(said, "; "), err
}

func (w *world) dump(name string) (string, error) {
	said := ""
	err := w.dbs[name].View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(k []byte, b *bolt.Bucket) error {
			said += " " + dumpBucket(k, b)
			return nil
		})
	})
	return said, err
}

func dumpBucket(name []byte, b *bolt.Bucket) string {
	said := fmt.Sprintf("%s#%d{", show(name), b.Sequence())
	b.ForEach(func(k, v []byte) error {
		if v == nil {
			said += " " + dumpBucket(k, b.Bucket(k))
		} else {
			said += " " + pair(k, v)
		}
		return nil
	})
	return said + " }"
}
